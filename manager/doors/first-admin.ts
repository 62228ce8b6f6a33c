// How the first admin comes in: while there is no user, a link with a one-time code is left in the manager's dataDir, a new one each hour.
import type { Log } from '../../appliance/wire/log.ts'
import type { Access } from '../access/access.ts'
import { dropFirstAdminLink, keepFirstAdminLink } from '../store/keys/first-admin-link.ts'

/** A code is good for so long, ms. */
const INVITE_PERIOD = 3600_000

export async function inviteFirstAdmin(access: Access, dataDir: string, site: string, log: Log): Promise<NodeJS.Timeout> {
  const invite = async () => {
    const code = await access.firstAdminCode()
    if (code === undefined) {
      clearInterval(invites)
      return dropFirstAdminLink(dataDir)
    }
    const path = await keepFirstAdminLink(dataDir, `${site}/first-admin?code=${code}`)
    log.info({}, `there is no user yet: the link to make the first admin, good for an hour, is in ${path}`)
  }
  const failed = (error: unknown) => log.error({ error }, 'no link for the first admin could be made')
  const invites = setInterval(() => void invite().catch(failed), INVITE_PERIOD)
  invites.unref()
  await invite().catch(failed)
  return invites
}
