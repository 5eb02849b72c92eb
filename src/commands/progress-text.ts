/** Shows what a long wait is about: on a terminal one line that is overwritten, elsewhere a line whenever the text changes. */
export const progressText = (stream: Readonly<{ isTTY?: boolean; write(text: string): unknown }>): ((text: string) => void) => {
  let last = '';
  return (text) => {
    if (text === last) return;
    last = text;
    stream.write(stream.isTTY === true ? `\r\u001b[K${text}` : `${text}\n`);
  };
};
