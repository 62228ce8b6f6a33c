// The agent as a process of its own, with a job that runs a real program for as long as its test wants: killed and started again by
// restart.test.ts. `FOLDER MANAGER ATTEMPT TOKEN`, MANAGER a file with the manager's address.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { machineBackend, machineClock } from '../../../../images/agent/exec.ts'
import { machineFiles } from '../../../../images/agent/files/exec.ts'
import { openJobBook } from '../../../../images/agent/jobs/book.ts'
import { machinePrograms } from '../../../../images/agent/jobs/exec.ts'
import { decodeKept, encodeKept } from '../../../../images/agent/link/kept.ts'
import { startAgent } from '../../../../images/agent/main.ts'
import type { Handler } from '../../../../images/agent/requests/task.ts'
import { makeMachine, simulatedHost } from '../../../../images/agent/simulator.ts'
import { managerAddress } from '../../../../manager/protocol/appliance.ts'
import { collectingLog } from '../../../appliance/wire/collecting-log.ts'

const [folder = '', attempt = '', token = ''] = process.argv.slice(2)
const identity = join(folder, 'identity')
const loose = join(folder, 'loose')

/** Counts its starts, then says a line a tick until it is let loose, or its test is gone. */
const PROGRAM = `echo x >>${folder}/starts; n=0; until [ -e ${loose} ] || [ ! -d ${folder} ]; do n=$((n+1)); echo $n; sleep 0.1; done; echo done`

/** Of the file system `a`; what the manager scans by itself is none of the test's. */
const copy: Handler<'scan-file-system'> = async ({ fileSystem }, task) => {
  if (fileSystem.kind !== 'uuid' || fileSystem.uuid !== 'a') return { kind: 'refused', cause: 'unable', reason: 'not of this test' }
  const ran = await task.run('copy', ['sh', '-c', PROGRAM], {
    seconds: 300,
    progressOf: (said) => ({ phase: 'copying', done: Number(/(\d+)\s*$/.exec(said)?.[1] ?? 0), unit: 'ticks' }),
  })
  const how = ran.kind === 'ended' ? `exit code ${ran.exitCode}, ${ran.stdout.trim().split('\n').at(-1)}` : ran.kind
  return ran.kind === 'stopped'
    ? { kind: 'refused', cause: 'unable', reason: ran.reason }
    : { kind: 'file-system-scanned', sizeBytes: 0, freeBytes: 0, images: [], leftOut: [how] }
}

const files = machineFiles
let keeping = Promise.resolve()
const agent = await startAgent({
  host: simulatedHost(makeMachine('long', 1), machineClock),
  handlers: { 'scan-file-system': copy },
  jobs: await openJobBook({ backend: machineBackend(), files, clock: machineClock, programs: machinePrograms }, join(folder, 'jobs')),
  agent: `${process.pid}`,
  sampleSeconds: 60,
  boot: { attempt, token },
  findManager: async () => managerAddress.parse(JSON.parse(await readFile(join(folder, 'manager'), 'utf8'))),
  kept: decodeKept(await readFile(identity, 'utf8').catch(() => ''), attempt),
  keep: (kept) => {
    keeping = keeping.then(() => files.write(identity, encodeKept(kept), 0o600))
  },
  log: collectingLog().log,
})
process.on('SIGTERM', () => void agent.close().then(() => process.exit(0)))
