// One identity of a disk in the forms in which sysfs, udev, lsblk and multipath write it. Pure.
import { isPlaceholderWwid } from '../../../manager/protocol/placeholders.ts'

/** The protocol's form; undefined where the text is none of the known ones, and where it names no disk of its own. */
export function normalWwid(text: string | undefined): string | undefined {
  const form = formOf(text)
  return form === undefined || isPlaceholderWwid(form) ? undefined : tight(form)
}

/** With the blanks of a text as they are: a serial number may be all blanks. */
function formOf(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? ''
  const hex = /^(?:0x|3|naa\.|wwn-0x)([0-9a-f]{16}|[0-9a-f]{32})$/i.exec(trimmed)?.[1]
  if (hex !== undefined) return `naa.${hex.toLowerCase()}`
  const eui = /^(?:2|eui\.)([0-9a-f]{16}|[0-9a-f]{24}|[0-9a-f]{32})$/i.exec(trimmed)?.[1]
  if (eui !== undefined) return `eui.${eui.toLowerCase()}`
  const [, kind, rest] = /^(1|t10\.|nvme\.|uuid\.)(\S.*)$/.exec(trimmed) ?? []
  if (kind === undefined || rest === undefined) return undefined
  return `${kind === '1' ? 't10.' : kind}${rest}`
}

/** scsi_id writes an underscore for each blank that sysfs has. */
function tight(form: string): string {
  return form.replace(/[\s_]+/g, '_').replace(/_$/, '')
}
