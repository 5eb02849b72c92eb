import { sinkContract } from '../../contracts/sink.contract.js';
import { newWorld } from './world.js';

sinkContract('json-log', async () => {
  const world = await newWorld();
  return { sink: () => world.sink('w1'), written: () => world.written('w1'), remove: () => world.remove() };
});
