// The npm package age-encryption, for tests/it/interop.rs. STRONGROOM_NODE_MODULES says where it is installed.
//   node age-encryption.mjs key            a new hybrid identity and its recipient, a line each
//   node age-encryption.mjs open KEY FILE  what FILE holds for the identity in the file KEY
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const main = join(process.env.STRONGROOM_NODE_MODULES, "age-encryption", "dist", "index.js");
const { Decrypter, generateHybridIdentity, identityToRecipient } = await import(pathToFileURL(main));

const [command, key, file] = process.argv.slice(2);
if (command === "key") {
  const identity = await generateHybridIdentity();
  console.log(`${identity}\n${await identityToRecipient(identity)}`);
} else if (command === "open") {
  const decrypter = new Decrypter();
  decrypter.addIdentity(readFileSync(key, "utf8").trim());
  process.stdout.write(await decrypter.decrypt(readFileSync(file)));
} else {
  throw new Error("key, or open KEY FILE");
}
