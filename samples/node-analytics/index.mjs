// A downstream system in plain Node: consumes opt-outs, applies each version once, acknowledges it, signed.
import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import amqp from 'amqplib';

const { OPTOUT_SYSTEM: system = 'analytics', OPTOUT_SECRET = '', RABBITMQ_URI } = process.env;
const keys = OPTOUT_SECRET.split(' ').map(text => Buffer.from(text.replace(/^whsec_/, ''), 'base64'));
if (!RABBITMQ_URI || keys.some(key => key.length < 24)) throw new Error('RABBITMQ_URI and OPTOUT_SECRET are needed.');
const maxBytes = 64 * 1024, maxRemembered = 1_000_000;
// By opt-out the newest version settled here and what was said about it; and what must not be measured any more.
const settled = new Map(), stopped = new Set();

const mac = (key, id, seconds, body) => createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest();
const sign = (id, seconds, body) => keys.map(key => 'v1,' + mac(key, id, seconds, body).toString('base64')).join(' ');

// The time is signed, but a message may have waited out an outage: its age is not judged.
function isGenuine(headers, body) {
  const texts = String(headers['webhook-signature'] ?? '').split(' ').slice(0, 8);
  const given = texts.map(one => Buffer.from(one.replace(/^v1,/, ''), 'base64'));
  const wanted = keys.map(key => mac(key, headers['webhook-id'], headers['webhook-timestamp'], body));
  return given.some(one => one.length === 32 && wanted.some(right => timingSafeEqual(one, right)));
}

function apply({ optOutId, version, recordHash, state, scope, identifiers }) {
  const last = settled.get(optOutId);
  if (version < last?.version) return { outcome: 'received', reason: 'superseded' };
  if (version === last?.version)
    return last.recordHash === recordHash ? last.said : { outcome: 'refused', reason: 'version_conflict' };
  if (settled.size >= maxRemembered) return { outcome: 'failed', reason: 'full' };
  for (const { form, value } of identifiers) {
    const person = `${form} ${value} ${scope.purpose} ${scope.channel}`;
    if (state === 'opted_out') stopped.add(person); else stopped.delete(person);
  }
  const said = identifiers.length === 0 ? { outcome: 'no_match' } : {
    outcome: 'applied', appliedAt: new Date().toISOString(),
    actions: [{ asset: 'profiles', action: state === 'opted_out' ? 'restricted' : 'none', count: identifiers.length }],
  };
  settled.set(optOutId, { version, recordHash, said });
  console.log(`analytics: ${optOutId} version ${version}, ${scope.purpose}/${scope.channel}: ${said.outcome}`);
  return said;
}

async function receive(consuming, publishing, message) {
  const { content, properties: { headers } } = message;
  let told;
  try {
    told = content.length <= maxBytes && isGenuine(headers, content) && JSON.parse(content);
    if (!(told.data.version > 0 && told.data.optOutId && told.data.identifiers.every)) throw new Error('unreadable');
  } catch { return consuming.reject(message, false); } // to the dead letters
  const said = apply(told.data), { deliveryId, optOutId, version, recordHash } = told.data;
  const body = Buffer.from(JSON.stringify({ deliveryId, optOutId, version, recordHash, ...said }));
  const id = `msg_${randomUUID()}`, seconds = Math.floor(Date.now() / 1000);
  const trace = told.traceparent && { traceparent: told.traceparent };
  const signed = { 'webhook-id': id, 'webhook-timestamp': `${seconds}`, 'webhook-signature': sign(id, seconds, body) };
  publishing.publish('optout.acks', system, body, { mandatory: true, persistent: true, messageId: id,
    correlationId: deliveryId, contentType: 'application/json', headers: { ...signed, ...trace } });
  const inTime = await Promise.race([publishing.waitForConfirms().then(() => true), pause(10_000, false)]);
  if (!inTime || publishing.returned) throw new Error('nobody took it'); // only when it is taken is the event done
  if (said.outcome === 'failed') consuming.reject(message, false); else consuming.ack(message);
}

async function listen() {
  const connection = await amqp.connect(RABBITMQ_URI, { heartbeat: 10, timeout: 5000 });
  const end = () => connection.close().catch(() => {}); // what is not acknowledged comes again
  const ended = new Promise(lost => connection.on('close', lost).on('error', lost));
  const [consuming, publishing] = [await connection.createChannel(), await connection.createConfirmChannel()];
  for (const channel of [consuming, publishing]) channel.on('error', () => {}).on('close', end);
  publishing.on('return', () => { publishing.returned = true; end(); });
  let came = 0; // a queue that was made anew may have forgotten us without a word: silence is asked about
  const look = setInterval(() => { if (came === 0) end(); came = 0; }, 15_000);
  const take = message => message ? receive(consuming, publishing, message, came++).catch(end) : end();
  await consuming.prefetch(50).then(() => consuming.consume(`optout.${system}`, take));
  await ended.finally(() => clearInterval(look));
}

for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
while (true) await listen().catch(() => {}).then(() => pause(1000)); // the broker is away, or has no queue for us yet
