// A person at a browser: signed in, on the first page, which is live.
import type { ExecutionContext } from 'ava'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import type { FakePool } from './fake-pool.ts'
import { PASSWORD, type PageServer, startPages, USERS } from './page-server.ts'

export interface Sitting {
  readonly page: Page
  readonly context: BrowserContext
  readonly server: PageServer
  /** What the browser complained of: errors in scripts, refusals by the policy. */
  readonly complaints: readonly string[]
}

/** `browser`: once it is started. */
export function sitting(browser: () => Browser) {
  return async (t: ExecutionContext, pool: FakePool, user: string = USERS.admin): Promise<Sitting> => {
    const server = await startPages(pool)
    t.teardown(() => server.close())
    const context = await browser().newContext({ ignoreHTTPSErrors: true, viewport: { width: 1440, height: 900 } })
    t.teardown(() => context.close())
    context.setDefaultTimeout(60_000)
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', ({ message }) => complaints.push(message))
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
    await page.goto(server.origin)
    t.regex(page.url(), /\/signin$/)
    await page.fill('[name=user]', user)
    await page.fill('[name=password]', PASSWORD)
    await page.click('text=Sign in >> nth=-1')
    await page.waitForSelector('#matrix tbody tr')
    await page.waitForSelector('#live.on')
    return { page, context, server, complaints }
  }
}
