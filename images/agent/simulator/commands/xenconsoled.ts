// pkill(1), of xenconsoled: it opens the log of each domain again, under the name that the domain has then.
import { withRam } from '../state/site.ts'
import { type Context, did, type Ended, gap, here } from './command.ts'

export function pkill(context: Context): Ended {
  if (context.args.join(' ') !== '-HUP -x xenconsoled') gap(context, 'this form of pkill')
  const domains = here(context).ram.domains.map(({ loggedAs: _, ...domain }) => domain)
  return did(withRam(context.site, context.host, { domains }))
}
