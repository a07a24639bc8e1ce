// Takes secrets out of text: as they are, and in the forms that devices and libraries write them in. The server does so once more.

const MARK = '[redacted]';

// forms answers how a secret may appear.
function forms(secret) {
  const bytes = Buffer.from(secret);
  const json = JSON.stringify(secret).slice(1, -1);
  const all = [secret, json, encodeURIComponent(secret), new URLSearchParams([['', secret]]).toString().slice(1), bytes.toString('hex'), bytes.toString('hex').toUpperCase()];
  for (let before = 0; before < 3; before++) { // base64 of something longer, as "user:password"
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64');
    const core = text.slice([0, 2, 3][before], Math.floor(((before + bytes.length) * 8) / 6));
    all.push(core, core.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return all.filter((form) => form.length >= 4);
}

// redactor answers a function that makes one line of text that may be shown.
export function redactor(secrets) {
  const all = new Set();
  for (const secret of secrets) {
    const text = secret.toString('utf8').trim();
    for (const piece of [text, ...text.split('\n')]) {
      const line = piece.trim();
      if (line.length >= 4 && !line.startsWith('-----')) forms(line).forEach((form) => all.add(form));
    }
  }
  const longestFirst = [...all].sort((a, b) => b.length - a.length);
  return (text) => {
    let line = String(text).slice(0, 16384).replace(/-----BEGIN [A-Z ]*PRIVATE KEY-----[^]*?(-----END [A-Z ]*PRIVATE KEY-----|$)/g, '[private key redacted]');
    for (const form of longestFirst) line = line.replaceAll(form, MARK);
    line = line.replace(/[\t\r\n]/g, ' ').replace(/[\u0000-\u001f\u007f-\u009f]/g, '');
    return line.slice(0, 1000);
  };
}
