import { refuseSharing, refuseSharingOne } from '../../src/commands/sharing.js';

describe('sharing feeds', () => {
  it.each(['standby', 'spread'])('is refused for generated events: --%s', (flag) => {
    expect(() => refuseSharing({ [flag]: true }, 'traffic')).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', kind: 'configuration', found: expect.stringContaining(`--${flag}`) }),
    );
  });

  it('of one feed is refused: the others would count on it', () => {
    expect(() => refuseSharingOne({ spread: true }, 'items')).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', found: expect.stringContaining("'items'") }),
    );
    refuseSharingOne({ standby: true }, 'items');
  });

  it('is nobody asked for', () => {
    refuseSharing({}, 'traffic');
    refuseSharingOne({}, 'items');
  });
});
