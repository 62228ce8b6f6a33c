// A guest's console in the page: a ticket is asked for, and with it the WebSocket that carries what is said and typed.

const panel = document.querySelector('[data-terminal]')
const place = document.getElementById('terminal')
const again = document.getElementById('terminal-again')
const address = (id) => document.getElementById(id).href
const [{ Terminal }, { FitAddon }] = await Promise.all([import(address('asset-xterm')), import(address('asset-xterm-fit'))])

/** Bytes of a frame: the manager takes no longer ones. */
const MOST_FRAME = 32 << 10

/**
 * xterm.js writes style elements and style attributes, which the page's policy forbids, as it does to whoever brings text into it. The same
 * by the browser's objects for styles is allowed, as only scripts reach those.
 */
function styleByObjects() {
  const { createElement } = document
  document.createElement = (name, options) => {
    if (name !== 'style') return createElement.call(document, name, options)
    const sheet = new CSSStyleSheet()
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet]
    return Object.defineProperty(createElement.call(document, 'template'), 'textContent', { set: (text) => sheet.replaceSync(text) })
  }
  const { setAttribute } = Element.prototype
  HTMLElement.prototype.setAttribute = function (key, value) {
    if (key === 'style') this.style.cssText = value
    else setAttribute.call(this, key, value)
  }
}

styleByObjects()
const styles = getComputedStyle(panel)
const terminal = new Terminal({
  cursorBlink: true,
  fontFamily: styles.getPropertyValue('--mono'),
  fontSize: 13,
  scrollback: 10_000,
  screenReaderMode: false,
  // Where a link of a guest leads to is the guest's choice.
  linkHandler: { activate: () => undefined },
  theme: { background: '#16191b', foreground: '#dfe3e4', cursor: '#6cc3aa', selectionBackground: '#3a5a52' },
})
const fit = new FitAddon()
terminal.loadAddon(fit)
terminal.open(place)
const fitNow = () => {
  fit.fit()
  document.getElementById('terminal-size').textContent = `stty rows ${terminal.rows} cols ${terminal.cols}`
}
fitNow()
new ResizeObserver(fitNow).observe(place)

function say(text) {
  document.getElementById('terminal-said').textContent = text
}

async function ticket() {
  const headers = { 'content-type': 'application/json', ...JSON.parse(document.body.getAttribute('hx-headers')) }
  const response = await fetch(panel.dataset.open, { method: 'POST', headers, body: JSON.stringify({ mode: 'type' }) })
  const answer = await response.json().catch(() => ({}))
  if (!response.ok) throw new Error(answer.detail ?? `the manager answers ${response.status}`)
  return answer
}

let socket
async function connect() {
  again.hidden = true
  say('Connecting …')
  let opened
  try {
    opened = await ticket()
  } catch (error) {
    return left(`Not connected: ${error.message}`)
  }
  terminal.reset()
  terminal.options.disableStdin = opened.mode === 'look'
  const { protocol, socket: path, ticket: prefix } = panel.dataset
  socket = new WebSocket(`wss://${location.host}${path}`, [protocol, `${prefix}${opened.ticket}`])
  socket.binaryType = 'arraybuffer'
  let ended
  socket.onopen = () => {
    say(opened.mode === 'look' ? 'Connected, to look: typing takes the role operator' : 'Connected')
    terminal.focus()
  }
  socket.onmessage = ({ data }) => {
    if (typeof data !== 'string') return terminal.write(new Uint8Array(data))
    const notice = JSON.parse(data)
    if (notice.kind === 'missed') say('Some of it was not shown: it came faster than it could be')
    else if (notice.kind === 'note') say(notice.text)
    else ended = notice.reason
  }
  socket.onclose = () => left(ended === undefined ? 'The connection to the manager has ended' : `Ended: ${ended}`)
}

function left(why) {
  say(why)
  terminal.options.disableStdin = true
  again.hidden = false
}

const typed = (octets) => {
  if (socket?.readyState !== WebSocket.OPEN) return
  for (let at = 0; at < octets.length; at += MOST_FRAME) socket.send(octets.subarray(at, at + MOST_FRAME))
}
terminal.onData((text) => typed(new TextEncoder().encode(text)))
terminal.onBinary((text) => typed(Uint8Array.from(text, (one) => one.charCodeAt(0))))
again.addEventListener('click', connect)
await connect()
