// A machine that boots as a host and is not as it was known: what it was and what it is, side by side.
import type { Host, HostIdentity } from '../../../contract/hosts.ts'

export function changeView({ change }: Host) {
  if (!change) return undefined
  const { was, is, differs } = change
  const row = (name: string, tell: (identity: HostIdentity) => string | undefined) => {
    const [old, now] = [tell(was) || 'not known', tell(is) || 'not told']
    return { name, was: old, is: now, isOther: old !== now }
  }
  const macs = ({ macs: all }: HostIdentity, boot: boolean) =>
    all
      .filter((one) => one.boot === boot)
      .map(({ mac }) => mac)
      .join(', ')
  return {
    differs,
    rows: [
      row('UUID', ({ uuid }) => uuid),
      row('Serial', ({ serial }) => serial),
      row('Product', ({ product }) => product),
      row('Boots from', (identity) => macs(identity, true)),
      row('Other NICs', (identity) => macs(identity, false)),
    ],
  }
}
