/** Sentences in lines. It imports nothing, so that it can be tested without a browser. */

const MOST_LINES = 6;

/** Words in lines of at most so many characters; longer words are broken, and many lines end with an ellipsis. */
export function wrapped(text: string, characters: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    for (let at = 0; at < word.length; at += characters) {
      const piece = word.slice(at, at + characters);
      if (line !== '' && line.length + 1 + piece.length > characters) {
        lines.push(line);
        line = '';
      }
      line = line === '' ? piece : `${line} ${piece}`;
    }
  }
  if (line !== '') lines.push(line);
  return lines.length <= MOST_LINES ? lines : [...lines.slice(0, MOST_LINES - 1), `${lines[MOST_LINES - 1]} …`];
}
