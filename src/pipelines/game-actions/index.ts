import { json } from '../../adapters/json/check.js';
import { definePipeline, feed, worker } from '../../core/pipeline.js';
import type { Topic } from '../../core/topic.js';
import { type GameAction, gameAction } from '../../generators/game-actions/event.js';
import { gameActions } from '../../generators/game-actions/index.js';
import { sentenceOf } from '../../generators/game-actions/sentence.js';
import { consoleLines } from '../../sinks/console/index.js';

/** One player's actions stay in order: they have one key. */
const actions: Topic<GameAction> = {
  name: 'game-actions',
  partitions: 3,
  format: json(gameAction),
  key: ({ player }) => player,
};

export default definePipeline({
  summary: 'what the players of a game do -> game-actions -> one sentence each on the console',
  feeds: [feed(gameActions, actions)],
  workers: [
    worker('game-viewer', {
      from: [actions],
      transform: (action) => [action],
      sink: consoleLines<GameAction>({
        line: (action, { partition, offset }) =>
          `${action.ts_utc.slice(11, 23)}  ${sentenceOf(action)}  (${partition}/${offset})`,
      }),
    }),
  ],
});
