// scan-file-system as the job that it is: how far it is, and a host that is as it was when it is cancelled.
import test from 'ava'
import { type Allowance, type Backend, type Command, fileText, type Ran, wholeText } from '../../../../images/agent/backend.ts'
import { openDesk, type Said } from '../../../../images/agent/requests/desk.ts'
import { changingHandlers } from '../../../../images/agent/requests/handlers.ts'
import type { RequestBody } from '../../../../manager/protocol/requests.ts'
import { TestClock } from '../clock.ts'
import { ended, idle } from '../machines.ts'

const UUID = '07a892c2-d5d2-48dc-a0ea-31d5e875065e'
const SCAN: RequestBody = { kind: 'scan-file-system', fileSystem: { kind: 'uuid', uuid: UUID } }
const ROW = { kname: 'sdq', path: '/dev/sdq', type: 'disk', size: 48 << 20, fstype: 'ext4', uuid: UUID, mountpoints: [null] }

/** One disk with three files on it; `hangs`: a program that ends only when it is not wanted any more. */
function machine(hangs?: string) {
  const ran: Command[] = []
  let mounted = ''
  const run = async (command: Command, { signal }: Allowance = {}): Promise<Ran> => {
    ran.push(command)
    const [program, ...args] = command
    if (signal?.aborted) return { kind: 'stopped', stdout: '', reason: 'stopped before its end' }
    if (program === hangs)
      return new Promise((resolve) =>
        signal?.addEventListener('abort', () => resolve({ kind: 'stopped', stdout: '', reason: 'stopped before its end' })),
      )
    switch (program) {
      case 'lsblk':
        return ended(JSON.stringify({ blockdevices: [ROW] }))
      case 'mount':
        mounted = args.at(-1) ?? ''
        return ended('')
      case 'umount':
        mounted = ''
        return ended('')
      case 'stat':
        return ended('4096 1000 250\n')
      case 'find':
        return ended(['a', 'b', 'c'].map((name) => `196608 384 ${name}.img\0`).join(''))
      case 'mkdir':
      case 'od':
        return ended('')
      default:
        return idle(command) ?? { kind: 'missing' }
    }
  }
  const backend: Backend = {
    run,
    read: async (path) => wholeText(await backend.readFile(path)),
    readFile: async (path) =>
      fileText(path === '/proc/self/mountinfo' ? `36 1 7:0 / ${mounted || '/'} ro - ext4 /dev/loop0 ro\n` : undefined),
    list: async () => [],
  }
  const clock = new TestClock()
  const world = { backend, files: { write: async () => undefined, remove: async () => undefined }, clock, collect: async () => undefined }
  const desk = openDesk(changingHandlers(world), { clock })
  return { desk, clock, ran, isMounted: () => mounted !== '' }
}

test('a scan tells what it is at, and of how many files', async (t) => {
  const { desk, clock } = machine()
  const said: Said[] = []
  const asked = desk.answer('a', SCAN, (one) => said.push(one))
  await clock.advance(1000)
  t.like(await asked, { kind: 'file-system-scanned', leftOut: [] })
  t.deepEqual(said[1], { kind: 'progress', progress: { phase: 'listing', done: 0, unit: 'files' } })
})

test('its progress goes up to all that it has found', async (t) => {
  const { desk, clock } = machine('od')
  const said: Said[] = []
  void desk.answer('a', SCAN, (one) => said.push(one))
  await clock.advance(1000)
  t.deepEqual(said.at(-1), { kind: 'progress', progress: { phase: 'reading', done: 0, total: 3, unit: 'files' } })
  desk.cancel('a')
})

for (const hangs of ['lsblk', 'xl', 'mount', 'stat', 'find', 'od']) {
  test(`a scan that is cancelled while ${hangs} hangs says so at once, and leaves nothing mounted`, async (t) => {
    const { desk, clock, ran, isMounted } = machine(hangs)
    const asked = desk.answer('a', SCAN)
    await clock.advance(0)
    t.true(ran.some(([program]) => program === hangs))
    desk.cancel('a')
    t.like(await asked, { kind: 'refused', cause: 'cancelled' })
    t.false(isMounted())
  })
}
