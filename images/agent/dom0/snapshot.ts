// The same agent, as Node keeps it in a startup snapshot of the image (node --build-snapshot): loaded, its schemas made, so that a dom0
// begins where that ended. What Node cannot keep (http, tls, and so ws) is loaded when the agent runs. Nothing random may be drawn here:
// every host would have the same.
import './schemas.ts'
import { startupSnapshot } from 'node:v8'
import { runHere } from './runner.ts'

/** Filled in by the build. */
declare const AGENT_VERSION: string

startupSnapshot.setDeserializeMainFunction(() => {
  runHere(AGENT_VERSION).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`)
    process.exit(1)
  })
})
// Node sets it anew when it starts from the snapshot; here it would make each build another one.
startupSnapshot.addSerializeCallback(() => Object.defineProperty(process, 'pid', { value: 0 }))
