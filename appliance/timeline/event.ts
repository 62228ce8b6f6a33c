// What happens in a boot, as the appliance's servers see it: a closed union. main.ts maps what each server
// observes to these; the store keeps them as JSON and reads them back through the same schema.
import { z } from 'zod'
import { ONCE_KINDS } from '../../manager/protocol/once.ts'
import type { Platform } from '../boot/plan.ts'
import { type Ipv4, parseIpv4 } from '../wire/addresses.ts'
import { type Generation, type ImageName, parseGeneration, parseImageName } from '../wire/generation.ts'

/** In the order of a boot. */
export const STAGES = ['firmware', 'ipxe', 'script', 'kernel', 'initramfs', 'network', 'root', 'dom0', 'up'] as const
export type Stage = (typeof STAGES)[number]

/** The stages that the host itself reports. */
export const REPORTED_STAGES = ['initramfs', 'network', 'root', 'dom0', 'up'] as const
export type ReportedStage = (typeof REPORTED_STAGES)[number]

/** Text from the network, cut to what a timeline can show. */
const TEXT_LIMIT = 400
const text = z.string().transform((value) => value.slice(0, TEXT_LIMIT))
const address = z.custom<Ipv4>((value) => typeof value === 'string' && parseIpv4(value) !== undefined)
const image = z.custom<ImageName>((value) => typeof value === 'string' && parseImageName(value) !== undefined)
const generation = z.custom<Generation>((value) => typeof value === 'string' && parseGeneration(value) !== undefined)
const transport = z.enum(['http', 'tftp'])
const bytes = z.number().nonnegative()

const dhcp = z.object({
  kind: z.literal('dhcp'),
  message: z.enum(['DISCOVER', 'OFFER', 'REQUEST', 'DECLINE', 'ACK', 'NAK', 'RELEASE', 'INFORM']),
  by: z.enum(['firmware', 'ipxe', 'initramfs']),
  /** In words: `UEFI x64 PXE`. */
  architecture: text.exactOptional(),
  answer: z.enum(['offer', 'ack', 'nak', 'silent']),
  reason: text.exactOptional(),
  /** The address that the answer gives; a proxy's answer has none. */
  address: address.exactOptional(),
  /** Of the machine, by option 97. */
  uuid: text.exactOptional(),
})

const tftp = z.object({
  kind: z.literal('tftp'),
  file: text,
  outcome: z.enum(['served', 'probed', 'not-found', 'aborted', 'failed']),
  bytes,
  reason: text.exactOptional(),
})

/** A boot script was asked for. `refused`: what it got says why on its console, and asks again. */
const script = z.object({
  kind: z.literal('script'),
  transport,
  outcome: z.enum(['served', 'refused']),
  /** Who asked. */
  address: address.exactOptional(),
  /** What was served: the attempt stays with it. */
  image: image.exactOptional(),
  generation: generation.exactOptional(),
  /** What was served instead of the pool. */
  once: z.enum(ONCE_KINDS).exactOptional(),
  reason: text.exactOptional(),
})

/** The host runs already, from a stick, by its own word. `refused`: it is not to be one of ours now; it asks again. */
const stick = z.object({
  kind: z.literal('stick'),
  outcome: z.enum(['served', 'refused']),
  /** Who asked. */
  address: address.exactOptional(),
  image,
  generation,
  reason: text.exactOptional(),
})

/** A file of a generation, or xen.cfg. */
const file = z.object({
  kind: z.literal('file'),
  file: text,
  bytes,
  transport,
  outcome: z.enum(['served', 'partial', 'not-found', 'aborted', 'failed']),
  reason: text.exactOptional(),
})

const mount = z.object({ kind: z.literal('mount'), path: text })

/** Something that the host sent, and that one of our servers could not read or did not serve: not the network's fault. */
const drop = z.object({ kind: z.literal('drop'), protocol: z.enum(['dhcp', 'tftp', 'http', 'nfs']), reason: text })

const report = z.object({
  kind: z.literal('report'),
  stage: z.enum(REPORTED_STAGES),
  status: z.enum(['begin', 'done', 'failed']),
  detail: z.record(z.string(), text),
})

/** What was on the wire in this boot is kept: the appliance's own doing, and no sign of the host. */
const capture = z.object({ kind: z.literal('capture'), packets: z.number().nonnegative(), missed: z.number().nonnegative() })

export const bootEventSchema = z.discriminatedUnion('kind', [dhcp, tftp, script, stick, file, mount, drop, report, capture])

export type BootEvent = Readonly<z.output<typeof bootEventSchema>>
export type EventOf<Kind extends BootEvent['kind']> = Extract<BootEvent, { kind: Kind }>

/** Text cut to its limit; throws on an event of no known form, which is a mistake of ours. */
export function bounded(event: BootEvent): BootEvent {
  return bootEventSchema.parse(event)
}

/** What runs the script of this firmware (`describeFirmware` of appliance/boot), where that is known. */
export function platformNamed(architecture: string): Platform | undefined {
  if (/\bUEFI\b/.test(architecture)) return 'uefi'
  return /\bBIOS\b/.test(architecture) ? 'bios' : undefined
}

/** Two events with one identity are one event that happened twice: retransmissions, retries. */
export function identityOf(event: BootEvent): string {
  switch (event.kind) {
    case 'dhcp':
      return JSON.stringify([event.kind, event.message, event.by, event.architecture, event.answer, event.reason, event.address])
    case 'tftp':
      return JSON.stringify([event.kind, event.file, event.outcome])
    case 'script':
      return JSON.stringify([
        event.kind,
        event.transport,
        event.outcome,
        event.address,
        event.image,
        event.generation,
        event.once,
        event.reason,
      ])
    case 'stick':
      return JSON.stringify([event.kind, event.outcome, event.address, event.image, event.generation, event.reason])
    case 'file':
      return JSON.stringify([event.kind, event.file, event.transport, event.outcome])
    case 'mount':
      return JSON.stringify([event.kind, event.path])
    case 'drop': // reasons that differ in an offset or a length only are one
      return JSON.stringify([event.kind, event.protocol, event.reason.replace(/[0-9]+/g, '#')])
    case 'report':
      return JSON.stringify([event.kind, event.stage, event.status, event.detail.reason])
    case 'capture':
      return event.kind
  }
}
