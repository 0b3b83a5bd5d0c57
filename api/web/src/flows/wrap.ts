/** Sentences in lines. It imports nothing, so that it can be tested without a browser. */

const MOST_LINES = 5;

/** Words in lines of at most so many characters, a few of them. */
export function wrapped(text: string, characters: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').filter((one) => one !== '')) {
    if (line !== '' && line.length + 1 + word.length > characters) {
      lines.push(line);
      line = '';
    }
    line = line === '' ? word.slice(0, characters) : `${line} ${word}`;
  }
  if (line !== '') lines.push(line);
  return lines.length <= MOST_LINES ? lines : [...lines.slice(0, MOST_LINES - 1), `${lines[MOST_LINES - 1]} …`];
}
