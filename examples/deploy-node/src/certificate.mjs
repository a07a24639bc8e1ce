// The certificate of our end of the connection to the server: self-signed for "localhost", with a key that lives as long as the
// process. The server learns it from the line that the plugin prints and trusts no other.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const der = (tag, ...parts) => {
  const body = Buffer.concat(parts);
  const length = body.length < 0x80 ? [body.length] : body.length < 0x100 ? [0x81, body.length] : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const hex = (text) => Buffer.from(text, 'hex');
const sequence = (...parts) => der(0x30, ...parts);
const integer = (bytes) => der(0x02, bytes[0] & 0x80 ? Buffer.concat([hex('00'), bytes]) : bytes);
const oid = (text) => der(0x06, hex(text));
const octets = (...parts) => der(0x04, ...parts);
const time = (date) => der(0x18, Buffer.from(date.toISOString().replace(/[-:T]|\.\d+/g, ''))); // 20261231235959Z
const extension = (id, value, critical = false) => sequence(oid(id), ...(critical ? [hex('0101ff')] : []), octets(value));

const ecdsaWithSHA256 = sequence(oid('2a8648ce3d040302'));
const commonName = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from('localhost')))));

// selfSigned answers { der, cert, key }, the latter two in PEM.
export function selfSigned() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const day = 24 * 3600 * 1000;
  const serial = randomBytes(16);
  serial[0] = (serial[0] & 0x7f) | 0x40; // positive, and without a leading zero
  const tbs = sequence(
    der(0xa0, hex('020102')), // version 3
    integer(serial),
    ecdsaWithSHA256,
    commonName,
    sequence(time(new Date(Date.now() - day)), time(new Date(Date.now() + 3650 * day))),
    commonName,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(
      extension('551d13', sequence(hex('0101ff')), true), // basicConstraints: CA, since it is its own
      extension('551d0f', hex('03020284'), true), // keyUsage: digitalSignature, keyCertSign
      extension('551d25', sequence(oid('2b06010505070301'))), // extKeyUsage: serverAuth
      extension('551d11', sequence(der(0x82, Buffer.from('localhost')))), // subjectAltName
    )),
  );
  const signature = sign('sha256', tbs, privateKey);
  const certificate = sequence(tbs, ecdsaWithSHA256, der(0x03, hex('00'), signature));
  const lines = certificate.toString('base64').match(/.{1,64}/g).join('\n');
  return {
    der: certificate,
    cert: Buffer.from(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`),
    key: Buffer.from(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
}
