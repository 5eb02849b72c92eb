/** What may stand at a place of a JSON text. */
type Expected = 'value' | 'first item' | 'first key' | 'key' | 'colon' | 'next';

/** Everything but white space; of a text without its end what there is of it. */
const TOKENS = /[{}[\],:]|"(?:[^"\\\n]|\\.)*"?|[^ \t\r\n{}[\],:"]+/g;

const OPENED_BY: Readonly<Record<string, string>> = { '}': '{', ']': '[' };

const isJson = (token: string): boolean => {
  try {
    JSON.parse(token);
    return true;
  } catch {
    return false;
  }
};

const closes = (token: string, open: string[]): boolean => {
  if (open.length === 0 || open.at(-1) !== OPENED_BY[token]) return false;
  open.pop();
  return true;
};

/** What is expected behind a token; undefined where the token does not belong. */
const behind = (expected: Expected, token: string, open: string[]): Expected | undefined => {
  if (expected === 'colon') return token === ':' ? 'value' : undefined;
  if (expected !== 'value' && expected !== 'key' && closes(token, open)) return 'next';
  if (expected === 'next') return token !== ',' || open.length === 0 ? undefined : open.at(-1) === '{' ? 'key' : 'value';
  if (expected === 'key' || expected === 'first key') return token.startsWith('"') && isJson(token) ? 'colon' : undefined;
  if (token !== '{' && token !== '[') return isJson(token) ? 'next' : undefined;
  open.push(token);
  return token === '{' ? 'first key' : 'first item';
};

/** Where the first fault of a text is that is not JSON; its end when something is missing there. Messages of JSON.parse seldom tell. */
export const jsonFault = (text: string): number => {
  const open: string[] = [];
  let expected: Expected = 'value';
  for (const { 0: token, index } of text.matchAll(TOKENS)) {
    const next = behind(expected, token, open);
    if (next === undefined) return index;
    expected = next;
  }
  return text.length;
};
