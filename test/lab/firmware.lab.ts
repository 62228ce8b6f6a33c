// Servers with UEFI: by PXE, and by HTTP boot.

import test from 'ava'
import { totalSeconds } from './boots.ts'
import { troubleIn } from './health.ts'
import { seconds } from './table.ts'
import { openTestbed, type Testbed } from './testbed.ts'

let bed: Testbed

test.before(async () => {
  bed = await openTestbed({
    nodes: [
      { name: 'pxe', firmware: 'uefi' },
      { name: 'http', firmware: 'uefi-http' },
    ],
  })
})

test.after.always(() => bed?.close())

test.serial('a UEFI server boots by PXE and another one by HTTP, both with xen.efi', async (t) => {
  const boots = await bed.boot('pxe', 'http')
  const firmware = { pxe: /UEFI x64 PXE.*snponly\.efi/, http: /UEFI x64 HTTP.*snponly\.efi/ }
  for (const { name, attempt, ...boot } of boots) {
    const stages = attempt?.stages ?? []
    t.log(
      `${name} up after ${seconds(totalSeconds({ name, attempt, ...boot }))}; ${stages.map(({ stage, detail }) => `${stage}: ${detail}`).join('; ')}`,
    )
    t.deepEqual(
      stages.map(({ stage, status }) => `${stage} ${status}`),
      ['firmware', 'ipxe', 'script', 'kernel', 'initramfs', 'network', 'root', 'dom0', 'up'].map((stage) => `${stage} done`),
    )
    t.regex(stages[0]?.detail ?? '', firmware[name as keyof typeof firmware])
    t.regex(stages.find(({ stage }) => stage === 'kernel')?.detail ?? '', /xen\.efi .* HTTP/)
    t.deepEqual(await troubleIn(bed.node(name)), [], name)
    t.is((await bed.node(name).ssh(['test', '-d', '/sys/firmware/efi'])).exitCode, 0, 'dom0 knows that it is on UEFI')
  }
})
