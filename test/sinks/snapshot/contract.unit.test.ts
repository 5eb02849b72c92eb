import { sinkContract } from '../../contracts/sink.contract.js';
import { newWorld } from './world.js';

sinkContract(
  'snapshot',
  async () => {
    const world = await newWorld();
    return { sink: () => world.sink(), written: () => world.written(), remove: () => world.remove() };
  },
  { tombstones: 'passed over', repeated: 'passed over' },
);
