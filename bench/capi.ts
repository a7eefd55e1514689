// Conversions: how fast they are durable (against the raw insert of the same rows), how fast and
// with how much memory they are delivered through the local Graph server, what isolating poisoned
// events costs in calls, how soon a conversion is delivered and believed, and what kill -9 costs
// (nothing). Options: --events N (default 100,000), --seconds N of normal load (20), --kills N (0;
// the figure needs 50, some five minutes).
import { measureCrashes } from './capi/crash.js';
import { measureDelays, measureDelivery, measureDrain } from './capi/delivery.js';
import { measureIntake } from './capi/intake.js';
import { measureIsolation } from './capi/isolation.js';
import { Rig } from './capi/rig.js';
import { benchDatabase } from './measure.js';

export async function benchCapi(args: string[]): Promise<Record<string, unknown>> {
  const option = (name: string, standard: number) => {
    const at = args.indexOf(name);
    return at >= 0 ? Number(args[at + 1]) : standard;
  };
  const [events, seconds, kills] = [
    option('--events', 100_000),
    option('--seconds', 20),
    option('--kills', 0),
  ];
  const database = await benchDatabase();
  const rig = await Rig.start(database.url);
  try {
    return {
      ...(events > 0 ? await measureIntake(rig, events) : {}),
      ...(events > 0 ? await measureDelivery(rig) : {}),
      ...(await measureIsolation(rig)),
      ...(await measureDrain(rig)),
      ...(seconds > 0 ? await measureDelays(rig, seconds) : {}),
      ...(kills > 0 ? await measureCrashes(rig, kills) : {}),
    };
  } finally {
    await rig.close();
    await database.close();
  }
}
