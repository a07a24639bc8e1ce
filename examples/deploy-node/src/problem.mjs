// Problem is an error that a person can do something about. It names the field it belongs to; final says that trying again is of no
// use before a person changed something.
export class Problem extends Error {
  constructor(code, message, { field = '', final = false } = {}) {
    super(message);
    Object.assign(this, { code, field, final });
  }
}
