// The host's ends of a domain's NICs, by MAC: from the backend's side of xenstore, which no guest writes to.
import type { Backend } from '../backend.ts'
import { saidBy } from '../requests/world.ts'
import { FILTER_SCRIPT } from './xl-config.ts'

export interface Vif {
  readonly name: string
  /** `to its MAC`: its script has seen to it. */
  readonly held: 'no' | 'to its MAC'
}

export type Vifs =
  | { readonly kind: 'read'; readonly byMac: ReadonlyMap<string, Vif> }
  | { readonly kind: 'unread'; readonly reason: string }

export async function vifsOf(backend: Backend, domid: number): Promise<Vifs> {
  const command = ['xenstore-ls', '-f', `/local/domain/0/backend/vif/${domid}`] as const
  const ran = await backend.run(command)
  if (ran.kind === 'ended' && ran.exitCode === 0) return { kind: 'read', byMac: vifsIn(ran.stdout) }
  return { kind: 'unread', reason: saidBy(command, ran) ?? 'xenstore-ls said nothing' }
}

/** Of `xenstore-ls -f`. Pure. */
export function vifsIn(text: string): ReadonlyMap<string, Vif> {
  const rows = [...text.matchAll(/^\/local\/domain\/0\/backend\/vif\/(\d+)\/(\d+)\/(mac|script) = "([^"]*)"$/gm)]
  const held = new Set(
    rows.flatMap(([, domid, devid, key, value]) => (key === 'script' && value?.endsWith(`/${FILTER_SCRIPT}`) ? [`${domid}.${devid}`] : [])),
  )
  return new Map(
    rows.flatMap(([, domid, devid, key, value = '']) =>
      key === 'mac'
        ? [[value.toLowerCase(), { name: `vif${domid}.${devid}`, held: held.has(`${domid}.${devid}`) ? 'to its MAC' : 'no' }] as const]
        : [],
    ),
  )
}
