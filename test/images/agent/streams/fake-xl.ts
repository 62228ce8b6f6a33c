// A program that speaks as `xl migrate` and `xl migrate-receive` do, with a guest that is a file: `FOLDER [-vvv] migrate -s '' DOMID COMMAND`
// and `FOLDER migrate-receive`. FOLDER/source and FOLDER/target say what has become of the guest; FOLDER/stop lets it be suspended.
import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { BANNER, READY, YOURS } from '../../../../images/agent/streams/xl-talk.ts'

const REPORT = Buffer.from('my copy unpause results are as follows\0')
const BYTES = 400_000
const [folder = '', ...args] = process.argv.slice(2)
const say = (end: 'source' | 'target', text: string): void => writeFileSync(join(folder, end), text)

/** Octets as they are wanted. Undefined: there are no more. */
function reader(stream: NodeJS.ReadableStream): (length: number) => Promise<Buffer | undefined> {
  let held: Buffer = Buffer.alloc(0)
  let isOver = false
  let wake: () => void = () => undefined
  stream.on('data', (octets: Buffer) => {
    held = Buffer.concat([held, octets])
    wake()
  })
  for (const end of ['end', 'close', 'error'])
    stream.on(end, () => {
      isOver = true
      wake()
    })
  return async (length) => {
    while (held.length < length) {
      if (isOver) return undefined
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    const taken = held.subarray(0, length)
    held = held.subarray(length)
    return taken
  }
}

async function migrate(command: string): Promise<number> {
  const child = spawn('sh', ['-c', command], { stdio: ['pipe', 'pipe', 'inherit'] })
  const read = reader(child.stdout)
  child.stdin.on('error', () => undefined)
  const failed = (): number => {
    process.stderr.write('Migration failed, resuming at sender.\n')
    say('source', 'running')
    return 1
  }
  if (!(await read(BANNER.length))?.equals(BANNER)) return failed()
  child.stdin.write(Buffer.alloc(BYTES - 1000, 7))
  let isOver = false
  child.on('exit', () => {
    isOver = true
  })
  while (!existsSync(join(folder, 'stop')) && !isOver) await delay(5)
  if (isOver) return failed()
  process.stderr.write('libxl: debug: libxl_dom_suspend.c:1:suspend_common_wait_guest_check: Domain 1:guest has suspended\n')
  say('source', 'suspended')
  child.stdin.write(Buffer.alloc(1000, 8))
  if (!(await read(READY.length))?.equals(READY)) return failed()
  say('source', 'renamed')
  child.stdin.write(YOURS)
  const report = await read(REPORT.length + 1)
  if (!report) {
    process.stderr.write('** Migration failed during final handshake **\n')
    return 1
  }
  if (report.at(-1) === 0) {
    say('source', 'destroyed')
    return 0
  }
  await read(YOURS.length)
  say('source', 'running')
  process.stderr.write('Migration failed due to problems at target.\n')
  return 1
}

async function receive(): Promise<number> {
  process.stdout.on('error', () => process.exit(1))
  const read = reader(process.stdin)
  process.stdout.write(BANNER)
  if (!(await read(BYTES))) return 1
  say('target', 'incoming')
  process.stdout.write(READY)
  const word = await read(YOURS.length)
  const code = word?.equals(YOURS) ? 0 : 3
  if (code === 0) say('target', 'running')
  await new Promise((resolve) => process.stdout.write(Buffer.concat([REPORT, Buffer.from([code])]), resolve))
  if (code === 0) return 0
  say('target', 'none')
  await new Promise((resolve) => process.stdout.write(YOURS, resolve))
  return 0
}

process.exit(args.includes('migrate-receive') ? await receive() : await migrate(args.at(-1) ?? ''))
