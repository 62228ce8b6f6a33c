// The scalars of every message: bounded, without characters that could act in a terminal, a log or a page.
// A sender cleans before it sends; a receiver refuses what is not clean.
import { z } from 'zod'

/** Control, format (bidirectional overrides), line and paragraph separators, lone surrogates. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u

const printable = (value: string): boolean => !UNPRINTABLE.test(value)

/** Makes each schema once: one takes 5 to 10 kB, and an agent has little memory. */
function once<Schema>(make: (limit: number) => Schema): (limit: number) => Schema {
  const made = new Map<number, Schema>()
  return (limit) => {
    const schema = made.get(limit) ?? make(limit)
    made.set(limit, schema)
    return schema
  }
}

/** Printable text of at most `limit` UTF-16 units; may be empty. */
export const text = once((limit) => z.string().max(limit).refine(printable, 'has characters that are not printable'))

/** As `text`, and not empty. */
export const word = once((limit) => text(limit).min(1))

/** An object without its unknown members: a later version may have added some. */
export const record = <Shape extends z.ZodRawShape>(shape: Shape) => z.object(shape).readonly()

export const list = <Item extends z.ZodType>(item: Item, limit: number) => z.array(item).max(limit).readonly()

/** A whole number from 0 on that a double holds exactly. */
export const count = z.int().nonnegative()
export const bytes = count

/** What the host itself calls a thing: `sda`, `bond0.12`, `vif3.0`. */
export const name = word(128)
/** An absolute path in the host. */
export const path = word(512).regex(/^\//, 'is not absolute')

/** Lower case, `52:54:00:77:00:01`. */
export const mac = z
  .string()
  .regex(/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/, 'is no MAC address')
  .brand<'Mac'>()

/** Lower case, 8-4-4-4-12. */
export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'is no UUID')
  .brand<'Uuid'>()

/**
 * The name that a disk or LUN has on every host, as Linux writes it in sysfs: `naa.` or `eui.` with hexadecimal digits,
 * `t10.` or `nvme.` or `uuid.` with text. multipath's `3600…` is `naa.600…` here.
 */
export const wwid = word(256)
  .regex(/^((naa|eui)\.[0-9a-f]{16}([0-9a-f]{8}|[0-9a-f]{16})?|(t10|nvme|uuid)\.\S.*)$/, 'is no WWID')
  .brand<'Wwid'>()

/** A Fibre Channel port's or node's name: 16 hexadecimal digits, lower case. */
export const wwn = z
  .string()
  .regex(/^[0-9a-f]{16}$/, 'is no WWN')
  .brand<'Wwn'>()

/** An iSCSI name (RFC 3720, 3.2.6): `iqn.`, `eui.` or `naa.` and what follows, lower case. */
export const iscsiName = word(223)
  .regex(/^(iqn|eui|naa)\.[^\sA-Z]+$/, 'is no iSCSI name')
  .brand<'IscsiName'>()

/** Domain, bus, device, function: `0000:3b:00.1`. */
export const pciAddress = z
  .string()
  .regex(/^[0-9a-f]{4,8}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]$/, 'is no PCI address')
  .brand<'PciAddress'>()

/** SHA-256, hexadecimal. */
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'is no SHA-256')

/** 32 bits, eight hexadecimal digits. */
export const hexWord = z.string().regex(/^[0-9a-f]{8}$/, 'is no 32-bit word')

export type Mac = z.output<typeof mac>
export type Uuid = z.output<typeof uuid>
export type Wwid = z.output<typeof wwid>
export type Wwn = z.output<typeof wwn>
export type IscsiName = z.output<typeof iscsiName>
export type PciAddress = z.output<typeof pciAddress>
