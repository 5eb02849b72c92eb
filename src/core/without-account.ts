/** An address as it may be shown: all that may hold a user and a password, up to the last @, is left out. */
export const withoutAccount = (text: string): string => {
  const at = text.lastIndexOf('@');
  return at === -1 ? text : `…${text.slice(at)}`;
};
