import { join } from 'node:path';
import { type DirectoryLock, lockDirectory } from '../../adapters/files/directory-lock.js';
import { ifThere } from '../../adapters/files/file-system.js';
import { BridgeError } from '../../core/errors.js';
import type { SinkParts } from '../../core/pipeline.js';
import { type Audit, auditLogs, MOST_BROKEN } from './audit.js';
import { logsAway } from './carried.js';
import { settleFence } from './fence.js';
import { lastsOf } from './findings.js';
import { logsMovedAway, tooBroken } from './log-errors.js';
import { type Mended, mendLog, type ReadAgain } from './mend-log.js';
import { type Mending, type PartitionFacts, planRepair } from './plan-repair.js';
import { ofTheseTopics } from './resume-points.js';
import { indexPath, type Surroundings } from './surroundings.js';

/** What a repair would do to the logs of one instance. */
export type RepairPlan = Readonly<{ instance: string; mendings: readonly Mending[]; index: boolean }>;

export type RepairOptions = Readonly<{
  /** The folder with one folder an instance. */
  directory: string;
  /** All instances whose logs hold records of these partitions, the whole ones too: what they hold is not put in twice. */
  instances: readonly string[];
  /** Whether the logs of an instance are this worker's: the others are only read. @param keys the partitions in them */
  isOurs(instance: string, keys: readonly string[]): boolean;
  /** What Kafka knows of each partition; asked when all workers are stopped. */
  facts(): Promise<ReadonlyMap<string, PartitionFacts>>;
  readAgain: ReadAgain;
  readRecordTimestamp: SinkParts['readRecordTimestamp'];
  keyField?: string;
  /** Whether to do it. */
  agreed(plan: RepairPlan): Promise<boolean>;
  onMended?(instance: string, path: string, mended: Mended): void;
}>;

const lockAll = async (s: Surroundings, { directory, instances }: RepairOptions, locks: DirectoryLock[]): Promise<void> => {
  for (const instance of instances) {
    const own = join(directory, instance);
    locks.push(await lockDirectory(s, own));
    try {
      await settleFence(s, own);
    } catch (error) {
      // A fence that finds a broken line puts the log back.
      if (!(error instanceof BridgeError && error.code === 'LOG_BROKEN')) throw error;
    }
  }
};

/** The partitions whose topics are those that the logs are of; of one that was made anew nothing can be read again. */
const refillable = async (
  { facts, readRecordTimestamp }: RepairOptions,
  known: Awaited<ReturnType<RepairOptions['facts']>>,
  { files }: Audit,
): Promise<Awaited<ReturnType<typeof facts>>> => {
  const left = new Map(known);
  for (const audited of files.values()) {
    const lasts = new Map([...lastsOf(audited)].filter(([key]) => left.has(key)));
    const { still } = await ofTheseTopics(readRecordTimestamp, lasts);
    for (const key of lasts.keys()) if (!still.has(key)) left.delete(key);
  }
  return left;
};

const repairInstance = async (s: Surroundings, options: RepairOptions, instance: string): Promise<RepairPlan | undefined> => {
  const { directory, instances, facts, readAgain, keyField = 'id', agreed, onMended } = options;
  const own = join(directory, instance);
  // Before the logs are read: with every worker stopped, what is committed is in them.
  const known = await facts();
  const audit = await auditLogs(s.files, directory, instances);
  const index = audit.findings.some((finding) => finding.instance === instance && finding.kind === 'index');
  const broken = audit.broken.filter((one) => one.instance === instance);
  if (broken.length === 0 && !index) return undefined;
  if (!options.isOurs(instance, [...lastsOf(audit.files.get(instance) ?? []).keys()])) return undefined;
  if (broken.length >= MOST_BROKEN) throw tooBroken(own, MOST_BROKEN);
  const mendings = planRepair(audit, instance, await refillable(options, known, audit));
  if (mendings.some(({ gaps }) => gaps.length > 0))
    for (const one of instances) {
      const away = await logsAway(s.files, join(directory, one));
      if (away.length > 0) throw logsMovedAway(join(directory, one), away);
    }
  const plan: RepairPlan = { instance, mendings, index };
  if (!(await agreed(plan))) return plan;
  if (index) await ifThere(s.files.unlink(indexPath(own)));
  for (const path of new Set(broken.map(({ file }) => file))) {
    const ofFile = mendings.filter(({ broken: { file } }) => file === path);
    const mended = await mendLog(s, own, path, ofFile, { readAgain, keyField });
    onMended?.(instance, path, mended);
  }
  return plan;
};

/**
 * Mends the logs of stopped workers: what rowbridge did not write is kept beside them and taken out, and the records that may have
 * stood there are read again from the topic and put in their place. Holds the locks of all instances meanwhile.
 * @returns what was or would be done for each instance that needs it
 * @throws BridgeError `environment` when a worker runs (`LOG_LOCKED`), `transient` when a server is away or a log was written to
 */
export const repairLogs = async (s: Surroundings, options: RepairOptions): Promise<readonly RepairPlan[]> => {
  const locks: DirectoryLock[] = [];
  try {
    await lockAll(s, options, locks);
    const plans: RepairPlan[] = [];
    for (const instance of options.instances) {
      const plan = await repairInstance(s, options, instance);
      if (plan !== undefined) plans.push(plan);
    }
    return plans;
  } finally {
    for (const lock of locks) await lock.release().catch(() => {});
  }
};
