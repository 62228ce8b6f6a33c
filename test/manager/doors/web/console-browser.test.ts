// A guest's console in a real browser, over a whole manager and an agent's own connection.
import test from 'ava'
import type { Browser } from 'playwright-core'
import { until } from '../../site.ts'
import { consoleSite } from '../console-site.ts'
import { startBrowser } from './page-server.ts'

let browser: Browser
test.before(async () => {
  browser = await startBrowser()
})
test.after.always(() => browser?.close())

const PASSWORD = 'correct horse battery'

test.serial(
  'a console in the page shows the kept log, types, follows no link, and is connected again; the policy stays as strict',
  async (t) => {
    const site = await consoleSite(t)
    await site.say(
      '\u001b[1;38;2;200;90;40mDebian\u001b[0m GNU/Linux\r\n<script>alert(1)</script> \u001b]8;;https://evil.example\u0007here\u001b]8;;\u0007\r\nweb1 login: ',
    )
    const context = await browser.newContext({ ignoreHTTPSErrors: true, viewport: { width: 1024, height: 700 } })
    t.teardown(() => context.close())
    context.setDefaultTimeout(60_000)
    const page = await context.newPage()
    const complaints: string[] = []
    page.on('pageerror', ({ message }) => complaints.push(message))
    page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())))
    const origin = `https://127.0.0.1:${site.address.port}`
    const signIn = async (user: string) => {
      await context.clearCookies()
      await page.goto(`${origin}/signin`)
      await page.fill('[name=user]', user)
      await page.fill('[name=password]', PASSWORD)
      await page.click('text=Sign in >> nth=-1')
      await page.waitForURL(`${origin}/`)
      await page.goto(`${origin}/guests/web1/console`)
    }
    const shows = (text: string) => page.waitForSelector(`#terminal .xterm-rows >> text=${text}`)

    await signIn('otto')
    await shows('web1 login:')
    await shows('<script>alert(1)</script>')
    await page.waitForSelector('#terminal-said >> text=Connected')
    const colour =
      "getComputedStyle([...document.querySelectorAll('#terminal .xterm-rows span')].find((one) => one.textContent === 'Debian')).color"
    t.is(await page.evaluate(colour), 'rgb(200, 90, 40)')
    await page.keyboard.type('root')
    await shows('web1 login: root')
    t.regex((await page.textContent('#terminal-size')) ?? '', /^stty rows \d{2} cols \d{2,3}$/)
    // A layer above the text hears the mouse.
    await page.click('#terminal .xterm-rows >> text=here', { force: true })
    t.is(context.pages().length, 1, 'where a guest’s link leads nobody goes')

    site.manager.gateway.disconnect(site.manager.pool.hosts()[0]?.id ?? '', 'of the test')
    await page.waitForSelector('#terminal-said >> text=the connection to its host has ended')
    await until('the agent again', async () => (await site.log(5)).kind === 'done')
    await page.click('#terminal-again')
    await page.waitForSelector('#terminal-said >> text=Connected')
    await shows('web1 login: root')

    await signIn('vera')
    await page.waitForSelector('#terminal-said >> text=to look')
    await shows('web1 login: root')
    await page.keyboard.type('rm -rf /')
    await page.goto(`${origin}/guests/web1`)
    t.false(((await site.log()) as { readonly value: { readonly text: string } }).value.text.includes('rm -rf'))
    t.deepEqual(complaints, [])
  },
)
