import { count } from './app';

export const room = {
  menu: 'View',
  theme: 'Colours',
  themes: { system: 'as the system', light: 'light', dark: 'dark' },
  large: 'Large type, for a projector',
  startReplay: 'Replay this capture',
  replayRunning: 'A replay shows a capture that has stopped.',
  startPresenting: 'Present: let others watch …',
  presenting: (viewers: number) => `Presenting to ${viewers}`,
  replay: {
    title: 'Replay',
    play: 'Play',
    pause: 'Pause',
    step: 'Next packet',
    back: 'Back one',
    speed: 'Speed',
    at: (seconds: number, shown: number, all: number) =>
      `${seconds.toFixed(3)} s · ${count(shown)} of ${count(all)} packets`,
    end: 'End the replay',
  },
  challenge: {
    title: 'Challenge',
    hidden: 'Hidden:',
    asked: (fields: number) =>
      fields === 1 ? 'One field is hidden. What must it be?' : `${fields} fields are hidden. What must they be?`,
    reveal: (name: string) => `Reveal ${name}`,
    revealAll: 'Reveal everything',
    hide: 'Hide until revealed (challenge)',
  },
  present: {
    title: 'Others can watch this capture',
    text: 'Whoever opens this address sees this capture alone, and follows your filter, packet and part of the page. They can change nothing.',
    onlyHere:
      'netglass listens on this machine only. Start it with --host and the address of this machine to let others watch.',
    viewers: (viewers: number) => (viewers === 1 ? 'One viewer is here.' : `${viewers} viewers are here.`),
    end: 'End presenting',
  },
  watch: {
    title: 'Presenter',
    waiting: 'Waiting for the presenter to show something.',
    following: 'You follow the presenter.',
    alone: 'You look around by yourself.',
    follow: 'Follow the presenter',
    stop: 'Look around by myself',
    ended: 'The presenter has ended this.',
  },
};
