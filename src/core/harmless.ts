/** Control characters, and those that turn the direction of the text around: they could rewrite what a terminal shows. */
const CONTROLS = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

/** Text that a terminal shows as it is: a control character becomes its escape, such as `\u001b`. JSON stays the same value. */
export const harmless = (text: string): string =>
  text.replace(CONTROLS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
