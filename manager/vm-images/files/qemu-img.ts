// qemu-img, under limits and never left to guess a format. What it is given was looked at before (formats.ts): it names no other file.
import { execa } from 'execa'
import { z } from 'zod'
import { CALLED_OFF, UnfitImage } from '../unfit.ts'

const MEMORY_BYTES = 2 ** 31
const CPU_SECONDS = 3600
const LOOK_CPU_SECONDS = 120
const MOST_OUTPUT = 1 << 20

const info = z.object({
  format: z.literal('qcow2'),
  'virtual-size': z.int().positive(),
  'backing-filename': z.undefined().optional(),
  encrypted: z.literal(false).optional(),
})

/** Throws UnfitImage, with what qemu-img says, for what is damaged or rests on something else. */
export async function checkQcow2(path: string, signal: AbortSignal): Promise<{ readonly sizeBytes: number }> {
  const said = await run(['info', '--output=json', '-f', 'qcow2', path], { cpu: LOOK_CPU_SECONDS, fileBytes: 0, signal })
  if (said.exitCode !== 0) throw new UnfitImage(`qemu-img cannot read it: ${said.text}`)
  const read = info.safeParse(jsonOf(said.stdout))
  if (!read.success) throw new UnfitImage(`qemu-img says of it what is not taken (${read.error.issues[0]?.path.join('.')})`)
  const checked = await run(['check', '-q', '-f', 'qcow2', path], { cpu: CPU_SECONDS, fileBytes: 0, signal })
  // 3: space in it that nothing uses.
  if (checked.exitCode !== 0 && checked.exitCode !== 3) throw new UnfitImage(`it is damaged, says qemu-img check: ${checked.text}`)
  return { sizeBytes: read.data['virtual-size'] }
}

/** As a raw file with holes where it is zero. */
export async function convertToRaw(from: string, to: string, sizeBytes: number, signal: AbortSignal): Promise<void> {
  const args = ['convert', '-f', 'qcow2', '-O', 'raw', '-S', '64k', from, to]
  const said = await run(args, { cpu: CPU_SECONDS, fileBytes: sizeBytes, signal })
  if (said.exitCode !== 0) throw new UnfitImage(`qemu-img could not read all of it: ${said.text}`)
}

interface Limits {
  readonly cpu: number
  /** Of a file that it writes. */
  readonly fileBytes: number
  readonly signal: AbortSignal
}

async function run(args: readonly string[], { cpu, fileBytes, signal }: Limits) {
  const limits = [`--as=${MEMORY_BYTES}`, `--cpu=${cpu}`, `--fsize=${fileBytes}`, '--nofile=64', '--core=0']
  const { code, exitCode, stdout, stderr, isMaxBuffer } = await execa('prlimit', [...limits, '--', 'qemu-img', ...args], {
    env: { LC_ALL: 'C.UTF-8' },
    stdin: 'ignore',
    reject: false,
    maxBuffer: MOST_OUTPUT,
    cancelSignal: signal,
  })
  if (signal.aborted) throw new Error(CALLED_OFF)
  const isMissing = code === 'ENOENT' || (exitCode !== undefined && /prlimit: failed to execute/.test(stderr))
  if (isMissing)
    throw new UnfitImage('qemu-img is not installed on the manager: apt-get install qemu-utils (raw images are taken without it)')
  if (isMaxBuffer) throw new UnfitImage('qemu-img says too much of it')
  const text = stderr.trim().split('\n').slice(-2).join('; ').slice(0, 300) || 'it gives no reason (perhaps a limit of time or memory)'
  return { exitCode, stdout, text: printable(text) }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** It repeats what stands in the file. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '?')
}
