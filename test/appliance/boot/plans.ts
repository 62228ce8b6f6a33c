// Requests and plans for the tests of appliance/boot.
import { readFileSync } from 'node:fs'
import { type BootableGeneration, type BootPlan, type PlanRequest, planBoot } from '../../../appliance/boot/plan.ts'
import { compileTemplates, type FillTemplate, TEMPLATE_FILES } from '../../../appliance/boot/templates.ts'
import { type Ipv4, type Mac, parseIpv4, parseMac } from '../../../appliance/wire/addresses.ts'
import { type Generation, type ImageName, parseGeneration, parseImageName } from '../../../appliance/wire/generation.ts'

export const IDENTITY = { attempt: 'abcdefghijklmn23', token: 'T0ken-_'.padEnd(43, 'x') }

export function mac(text: string): Mac {
  return must(parseMac(text), text)
}

export function ipv4(text: string): Ipv4 {
  return must(parseIpv4(text), text)
}

export function imageName(text: string): ImageName {
  return must(parseImageName(text), text)
}

export function generation(text: string): Generation {
  return must(parseGeneration(text), text)
}

export function bootable(text = '0123456789abcdef', change: Partial<BootableGeneration> = {}): BootableGeneration {
  return {
    image: imageName('dom0'),
    generation: generation(text),
    files: ['xen', 'xen.efi', 'vmlinuz', 'initrd.img', 'root.squashfs'],
    squashfsSha256: 'S'.repeat(43),
    ...change,
  }
}

/** node01 of the config in design.md, with a lease. */
export function request(change: Partial<PlanRequest> = {}): PlanRequest {
  return {
    mac: mac('52:54:00:77:00:01'),
    host: { name: 'node01', maintenance: false },
    defaults: { image: imageName('dom0'), root: 'nfs', dom0Memory: 640, xenArguments: [], kernelArguments: [] },
    server: { address: ipv4('10.77.0.1'), httpPort: 8067, nfsPort: 2049, tftpPort: 69 },
    lease: { address: ipv4('10.77.0.21'), prefix: 24, dns: [] },
    platform: undefined,
    pinned: undefined,
    published: () => bootable(),
    ...change,
  }
}

export function plan(change: Partial<PlanRequest> = {}): BootPlan {
  const planned = planBoot(request(change))
  if (planned.kind === 'refused') throw new Error(planned.reason)
  return planned
}

/** The templates as shipped. */
export function templates(): FillTemplate {
  const read = (file: string): string => readFileSync(new URL(`../../../templates/boot/${file}`, import.meta.url), 'utf8')
  return compileTemplates(Object.fromEntries(TEMPLATE_FILES.map((file) => [file, read(file)])))
}

function must<Value>(value: Value | undefined, text: string): Value {
  if (value === undefined) throw new Error(`"${text}" is malformed`)
  return value
}
