// Of what a host is made and how busy it is, as is said of it. Append-only within /api/v1. Sizes are bytes, rates a second.
import { z } from 'zod'

const sum = z.number().nonnegative()

/** Of the newest sample, while the host is connected. */
export const hostLoad = z.object({
  at: z.number(),
  /** Physical CPUs in use, of `threads`. */
  cpus: sum,
  threads: z.number(),
  dom0Cpus: sum,
  freeBytes: z.number(),
  totalBytes: z.number(),
  readBytesPerSecond: sum,
  writtenBytesPerSecond: sum,
  receivedBytesPerSecond: sum,
  sentBytesPerSecond: sum,
})

/** A section of a report from which items may be missing, and why. */
export const unreadSection = z.object({ section: z.string(), source: z.string(), reason: z.string() })

export const hostHardware = z.object({
  manufacturer: z.string().optional(),
  product: z.string().optional(),
  serial: z.string().optional(),
  firmware: z.string().optional(),
  cpuVendor: z.string().optional(),
  cpuModel: z.string().optional(),
  sockets: z.number().optional(),
  cores: z.number().optional(),
  threads: z.number().optional(),
  memoryBytes: z.number().optional(),
  /** Counts are missing where they are not known: see `unread` of the host. */
  diskCount: z.number().optional(),
  diskBytes: z.number().optional(),
  nicCount: z.number().optional(),
  nicsUp: z.number().optional(),
  xen: z.string().optional(),
  kernel: z.string().optional(),
  /** Where the NIC that it boots from is plugged in, or the first that hears a switch, as that says of itself by LLDP. */
  link: z.object({ nic: z.string(), switch: z.string(), port: z.string() }).optional(),
  /** Whether it runs HVM guests: its CPUs can, and its firmware lets them; missing where Xen does not tell. */
  hvm: z.boolean().optional(),
})
