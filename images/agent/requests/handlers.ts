// What this machine does when it is asked: one file a request beside this one.
import type { Observation } from '../runner.ts'
import { connectIscsi } from './connect-iscsi.ts'
import type { Handlers } from './desk.ts'
import { disconnectIscsi } from './disconnect-iscsi.ts'
import { scanFileSystem } from './scan-file-system.ts'
import { setProperties } from './set-properties.ts'
import type { World } from './world.ts'

/** What any host can do, a simulated one too. */
export function readingHandlers(observation: Observation): Handlers {
  return {
    collect: async ({ sections }) => ({ kind: 'collected', ...(await observation.collect(sections)) }),
    'set-properties': async (body) => setProperties(observation.properties, body),
  }
}

/** What changes the machine. Sessions are made and ended one after the other: both write the same settings and records. */
export function changingHandlers(world: World): Handlers {
  const inTurn = oneAtATime()
  return {
    'connect-iscsi': (body) => inTurn(() => connectIscsi(world, body)),
    'disconnect-iscsi': (body) => inTurn(() => disconnectIscsi(world, body)),
    'scan-file-system': (body) => scanFileSystem(world, body),
  }
}

function oneAtATime(): <Value>(action: () => Promise<Value>) => Promise<Value> {
  let last: Promise<unknown> = Promise.resolve()
  return (action) => {
    const result = last.then(action)
    last = result.catch(() => undefined)
    return result
  }
}
