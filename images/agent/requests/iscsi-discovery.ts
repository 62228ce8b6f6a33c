// What a portal offers: `iscsiadm -m discovery` and its words. Records of what it finds stay in /etc/iscsi/nodes, mode 0600.
import { z } from 'zod'
import { type Chap, portal } from '../../../manager/protocol/requests/iscsi.ts'
import { type IscsiName, iscsiName } from '../../../manager/protocol/values.ts'
import { SETTINGS_FILE, settings } from './iscsi-initiator.ts'
import { failureOf, type World } from './world.ts'

export interface Offer {
  readonly target: IscsiName
  readonly portal: string
}

export type Discovered =
  | { readonly kind: 'offers'; readonly offers: readonly Offer[] }
  | { readonly kind: 'refused'; readonly reason: string }

const offer = z.object({ target: iscsiName, portal })

/** Lines `10.77.0.1:3260,1 iqn.…`; what is none is left out: link-local addresses, which no other host could use. */
export function parseOffers(stdout: string): readonly Offer[] {
  return stdout.split('\n').flatMap((line) => {
    const [, at, target] = /^(\S+),-?\d+ (\S+)$/.exec(line.trim()) ?? []
    const parsed = offer.safeParse({ target: target?.toLowerCase(), portal: at })
    return parsed.success ? [parsed.data] : []
  })
}

export async function discover({ backend, files }: World, at: string, chap: Chap | undefined): Promise<Discovered> {
  await files.write(SETTINGS_FILE, settings(chap), 0o600)
  try {
    const ran = await backend.run(['iscsiadm', '-m', 'discovery', '-t', 'sendtargets', '-o', 'new', '-o', 'update', '-p', at], {
      lane: 'change',
    })
    if (ran.kind === 'ended' && ran.exitCode === 0) return { kind: 'offers', offers: parseOffers(ran.stdout) }
    const failure = await failureOf({ ...backend, run: async () => ran }, ['iscsiadm'])
    return { kind: 'refused', reason: `the portal ${at} cannot be asked for its targets: ${failure}` }
  } finally {
    if (chap) await files.write(SETTINGS_FILE, settings(undefined), 0o600)
  }
}
