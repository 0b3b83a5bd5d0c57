export const packets = {
  grid: 'Packets',
  columns: {
    number: 'No.',
    time: 'Time',
    source: 'Source',
    destination: 'Destination',
    protocol: 'Protocol',
    length: 'Length',
    info: 'Info',
  },
  follow: 'Follow the newest',
  unfollow: 'Stop following',
  nothing: 'No packets yet. Everything that is sent or received shows here as it happens.',
  nothingMatches: 'No packet matches this filter.',
  looking: 'Looking through the capture …',
};
