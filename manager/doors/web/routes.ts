// Every page route there is: what is not in this table is not answered. Tests ask each without a session and with every wrong role.

import { ACCESS_ROUTES } from './pages/access.ts'
import { alarmRoutes } from './pages/alarms.ts'
import { automationRoutes } from './pages/automations.ts'
import { bootRoutes } from './pages/boots.ts'
import { bringHomeRoutes } from './pages/bring-home.ts'
import { evacuateRoutes } from './pages/evacuate.ts'
import { guestRoutes } from './pages/guests/guest.ts'
import { guestListRoutes } from './pages/guests/list.ts'
import { moveGuestRoutes } from './pages/guests/move.ts'
import { newGuestRoutes } from './pages/guests/new.ts'
import { hostRoutes } from './pages/host.ts'
import { matrixRoutes } from './pages/matrix.ts'
import { measureRoutes } from './pages/measures.ts'
import { notificationRoutes } from './pages/notifications.ts'
import { OIDC_ROUTES } from './pages/oidc.ts'
import { poolRoutes } from './pages/pool.ts'
import { SIGN_IN_ROUTES } from './pages/sign-in.ts'
import { siteRoutes } from './pages/site.ts'
import { taskRoutes } from './pages/tasks.ts'
import { VM_IMAGE_ROUTES } from './pages/vm-images.ts'
import type { PageRoute } from './route.ts'
import type { Render } from './templates.ts'

export function pageRoutes(render: Render): readonly PageRoute[] {
  return [
    ...SIGN_IN_ROUTES,
    ...OIDC_ROUTES,
    ...matrixRoutes(render),
    ...hostRoutes(render),
    ...bootRoutes(render),
    ...evacuateRoutes(render),
    ...bringHomeRoutes(render),
    ...guestListRoutes(render),
    ...newGuestRoutes(render),
    ...guestRoutes(render),
    ...moveGuestRoutes(render),
    ...measureRoutes(render),
    ...poolRoutes(render),
    ...alarmRoutes(render),
    ...siteRoutes(render),
    ...notificationRoutes(render),
    ...VM_IMAGE_ROUTES,
    ...taskRoutes(render),
    ...automationRoutes(render),
    ...ACCESS_ROUTES,
  ]
}
