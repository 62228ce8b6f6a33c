// /proc/sys/kernel and /proc/cmdline: which kernel dom0 runs, and how it was started.
import { type Kernel, kernel } from '../../../manager/protocol/machine.ts'
import type { Backend } from '../backend.ts'
import { accept, tidy } from './accept.ts'
import type { Reading } from './reading.ts'

export async function kernelFiles(backend: Backend): Promise<Reading<Kernel>> {
  const [release, version, machine, commandLine] = await Promise.all(
    ['/proc/sys/kernel/osrelease', '/proc/sys/kernel/version', '/proc/sys/kernel/arch', '/proc/cmdline'].map((path) => backend.read(path)),
  )
  const { value, reasons } = accept(
    kernel,
    {
      release: tidy(release, 128),
      version: tidy(version, 256),
      machine: tidy(machine, 32),
      commandLine: tidy(withoutToken(commandLine ?? ''), 4096),
    },
    'the kernel',
  )
  return { value: value ?? {}, problems: reasons.map((reason) => ({ source: '/proc/sys/kernel', reason })) }
}

/** `hl.boot=ATTEMPT.TOKEN`: the token is a secret until it is spent, and nobody's business after. */
export function withoutToken(commandLine: string): string {
  return commandLine.replace(/(hl\.boot=[^\s.]*)\S*/g, '$1')
}
