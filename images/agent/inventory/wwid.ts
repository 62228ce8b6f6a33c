// One identity of a disk in the forms in which sysfs, udev, lsblk and multipath write it. Pure.

/** The protocol's form; undefined where the text is none of the known ones. */
export function normalWwid(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? ''
  const hex = /^(?:0x|3|naa\.|wwn-0x)([0-9a-f]{16}|[0-9a-f]{32})$/i.exec(trimmed)?.[1]
  if (hex !== undefined) return `naa.${hex.toLowerCase()}`
  const eui = /^(?:2|eui\.)([0-9a-f]{16}|[0-9a-f]{24}|[0-9a-f]{32})$/i.exec(trimmed)?.[1]
  if (eui !== undefined) return `eui.${eui.toLowerCase()}`
  const [, kind, rest] = /^(1|t10\.|nvme\.|uuid\.)(\S.*)$/.exec(trimmed) ?? []
  if (kind === undefined || rest === undefined) return undefined
  // scsi_id writes an underscore for each blank that sysfs has.
  return `${kind === '1' ? 't10.' : kind}${rest.replace(/[\s_]+/g, '_').replace(/_$/, '')}`
}
