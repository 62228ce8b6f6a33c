// The program of join-mirror (images/agent/mirrors/join.ts), as sh runs it: the guest's device is suspended until the two ends have met, at
// most for two seconds.
import { type Context, did, type Ended, gap, here, type Outcome } from '../command.ts'
import { dmsetup } from '../dmsetup.ts'
import { drbdsetup } from './drbdsetup.ts'

const LONGEST = 2000
const NAME = 'hostless-join'

export function hold(context: Context): Outcome {
  const [option, , name, device = '', minor = '', program, ...args] = context.args
  if (option !== '-c' || name !== NAME || program !== 'drbdsetup') gap(context, 'a script')
  const { site, host } = context
  const on = (now: typeof site, ...words: readonly string[]): Ended => dmsetup({ site: now, host, program: 'dmsetup', args: words })
  const suspended = on(site, 'suspend', device)
  const connected = drbdsetup({ site: suspended.site, host, program: 'drbdsetup', args })
  if (connected.kind === 'waiting') return connected
  if (connected.code !== 0) return { ...connected, site: on(connected.site, 'resume', device).site }
  return {
    kind: 'waiting',
    site: connected.site,
    look: (now) => {
      const resource = here({ ...context, site: now }).ram.drbd.find(({ devices }) => devices.some((one) => one.minor === Number(minor)))
      const state = resource?.connection?.state
      if (state === 'Connecting' && now.now - site.now < LONGEST) return undefined
      const resumed = on(now, 'resume', device).site
      return did(resumed, 0, state === 'Connected' ? `held ${now.now - site.now}\n` : '')
    },
  }
}
