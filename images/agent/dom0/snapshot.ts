// The same agent, as Node keeps it in a startup snapshot of the image (node --build-snapshot): loaded, its schemas made and used once,
// so that a dom0 begins where that ended, which saves it half of the CPU that an agent takes to its first report. What Node cannot keep
// (http, tls, and so ws) is loaded when the agent runs. Nothing random may be drawn here: every host would have the same.
import { startupSnapshot } from 'node:v8'
import { decodeAgentMessage, encodeMessage } from '../../../manager/protocol/codec.ts'
import { uuid } from '../../../manager/protocol/values.ts'
import type { Backend } from '../backend.ts'
import { collect, EMPTY_INVENTORY, update } from '../collect.ts'
import { runHere } from './runner.ts'

/** Filled in by the build. */
declare const AGENT_VERSION: string

const NOWHERE: Backend = { run: async () => ({ kind: 'missing' }), read: async () => undefined, list: async () => [] }

async function warm(): Promise<void> {
  const { inventory } = update(EMPTY_INVENTORY, await collect(NOWHERE))
  const run = uuid.parse('00000000-0000-4000-8000-000000000000')
  const encoded = encodeMessage({ kind: 'inventory', run, revision: 1, inventory })
  if (encoded.kind === 'refused' || decodeAgentMessage(encoded.bytes).kind === 'refused') throw new Error('an empty report is refused')
}

startupSnapshot.setDeserializeMainFunction(() => {
  runHere(AGENT_VERSION).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    process.exit(1)
  })
})
// Node sets it anew when it starts from the snapshot; here it would make each build another one.
startupSnapshot.addSerializeCallback(() => Object.defineProperty(process, 'pid', { value: 0 }))
void warm()
