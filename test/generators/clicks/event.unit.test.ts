import { click } from '../../../src/generators/clicks/event.js';

const good = { type: 'CLICK', user_id: 'User_1', page: '/home', timestamp: 1766231125.964046 };

describe('the type of a click', () => {
  it('keeps the order of its fields', () => {
    const mixed = { timestamp: 1.5, page: '/', user_id: 'User_12', type: 'CLICK' };
    expect(JSON.stringify(click.parse(mixed))).toBe('{"type":"CLICK","user_id":"User_12","page":"/","timestamp":1.5}');
    expect(click.parse(good)).toEqual(good);
  });

  it.each([
    ['another type', { type: 'click' }, 'type'],
    ['a user without a number', { user_id: 'User_' }, 'user_id'],
    ['a user number 0', { user_id: 'User_0' }, 'user_id'],
    ['a user with a line after it', { user_id: 'User_1\n' }, 'user_id'],
    ['a page that is no path', { page: 'home' }, 'page'],
    ['a page with a blank', { page: '/my home' }, 'page'],
    ['a page without end', { page: `/${'x'.repeat(200)}` }, 'page'],
    ['a time as text', { timestamp: '1766231125.964046' }, 'timestamp'],
    ['a time in milliseconds', { timestamp: 1766231125964 }, 'timestamp'],
    ['a time finer than microseconds', { timestamp: 1.1234567 }, 'timestamp'],
    ['a time before 1970', { timestamp: -1 }, 'timestamp'],
    ['a field more', { extra: 1 }, ''],
    ['a field less', { page: undefined }, 'page'],
  ])('refuses %s', (_, change, field) => {
    const { error } = click.safeParse({ ...good, ...change });
    expect(error?.issues[0]?.path.join('.')).toBe(field);
  });
});
