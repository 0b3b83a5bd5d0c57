export const out = {
  export: 'Export',
  what: 'Which packets',
  scopes: {
    all: 'Every packet of the capture',
    filtered: 'What the filter and the time range show',
    selected: (many: number | null) =>
      many === 1 ? 'The selected packet' : many === null ? 'The selected packets' : `The ${many} selected packets`,
  },
  formats: {
    pcapng: 'pcapng, for Wireshark and everything else',
    pcap: 'pcap, for older programs',
    csv: 'CSV, a line a packet',
    json: 'JSON, the packet list',
  },
  download: 'Download',
  copy: 'Copy as',
  copies: {
    curl: 'curl command for these packets',
    filter: 'Display filter',
    bpf: 'Capture filter (BPF)',
    wireshark: 'Live in Wireshark, one line',
    link: 'Link to this view',
  },
  copied: (what: string) => `Copied: ${what}`,
  notCopied: 'This browser lets no page write to the clipboard. Copy it from here:',
  noBpf: 'This display filter has no capture filter that means the same.',
  problem: 'The file could not be made',
};
