// What a boot script has iPXE fetch on BIOS, and what the kernel is told: of ours, and of the peer's, whose names are its server's own. Pure.

export interface Boot {
  /** URLs of Xen, kernel and initramfs. */
  readonly files: readonly string[]
  /** Of `hl.boot=ATTEMPT.TOKEN`. */
  readonly attempt: string
  /** `10.77.0.1:8067`. */
  readonly reports: string
  readonly root: { readonly port: number; readonly mountPort: number; readonly path: string }
}

export interface Filling {
  /** What relative names are below. */
  readonly base: string
  /** `525400000001`. */
  readonly mac: string
  readonly address: string
}

/** Throws where something is missing. */
export function readBootScript(script: string, { base, mac, address }: Filling): Boot {
  const text = script.replaceAll('$' + '{net0/mac:hexraw}', mac).replaceAll('$' + '{net0/ip}', address)
  const named = (name: string): string => {
    const [, found] = new RegExp(`(?:kernel|module) (\\S*\\b${name.replace('.', '\\.')})(?:\\s|$)`, 'm').exec(text) ?? []
    if (found === undefined) throw new Error(`the script has no ${name}: ${text.slice(0, 300)}`)
    return found.startsWith('http:') ? found : `${base}/${found}`
  }
  const word = (name: string): string => {
    const [, found] = new RegExp(`\\b${name.replace('.', '\\.')}=(\\S+)`).exec(text) ?? []
    if (found === undefined) throw new Error(`the script has no ${name}: ${text.slice(0, 300)}`)
    return found
  }
  const [kind, ports = '', path = ''] = word('hl.root').split(':')
  if (kind !== 'nfs') throw new Error(`its root is ${kind}, and not nfs`)
  const port = Number.parseInt(ports, 10)
  return {
    files: ['xen', 'vmlinuz', 'initrd.img'].map(named),
    attempt: word('hl.boot').split('.')[0] ?? '',
    reports: word('hl.srv'),
    root: { port, mountPort: Number(/mountport=(\d+)/.exec(ports)?.[1] ?? port), path },
  }
}
