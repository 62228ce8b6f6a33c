// When two mounts are of one NFS export: by the server's name, or by its address where two names lead to it. Pure.

interface Export {
  readonly server: string
  readonly export: string
  /** `addr=` of the mount. */
  readonly address?: string | undefined
}

/** Who shares one of these has the same export. An address that means another machine on every host is none. */
export function namesOfExport({ server, export: exported, address }: Export): readonly string[] {
  const path = plainPath(exported)
  const isOwn = address === undefined || /^(127\.|169\.254\.|::1$|fe80:)/i.test(address)
  return [...new Set([server, ...(isOwn ? [] : [address.includes(':') ? `[${address}]` : address])])].map((name) => `${name}:${path}`)
}

export function isSameExport(one: Export, other: Export): boolean {
  const names = namesOfExport(other)
  return namesOfExport(one).some((name) => names.includes(name))
}

/** Without slashes that say nothing. */
export function plainPath(path: string): string {
  return path.replace(/\/+/g, '/').replace(/(.)\/$/, '$1')
}
