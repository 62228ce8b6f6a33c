// The table of all routes: the router, the description and the tests are made of it.
import type { Route } from './route.ts'
import { ACCESS_ROUTES } from './routes-access.ts'
import { HOST_ROUTES } from './routes-hosts.ts'
import { POOL_ROUTES } from './routes-pool.ts'
import { SITE_ROUTES } from './routes-site.ts'

export const ROUTES: readonly Route[] = [...ACCESS_ROUTES, ...HOST_ROUTES, ...POOL_ROUTES, ...SITE_ROUTES]
