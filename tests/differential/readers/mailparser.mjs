// mailparser and postal-mime of npm (the argument names one): paths in, one line of JSON for each message out.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";

const readers = {
    mailparser: async (octets) => {
        const { simpleParser } = await import("mailparser");
        const message = await simpleParser(octets, { skipHtmlToText: true, skipTextToHtml: true, skipImageLinks: true });
        return message.attachments.map((item) => [item.filename, item.content]);
    },
    "postal-mime": async (octets) => {
        const { default: PostalMime } = await import("postal-mime");
        const message = await PostalMime.parse(octets);
        return message.attachments.map((item) => [item.filename, Buffer.from(item.content)]);
    },
};
const read = readers[process.argv[2]];

for await (const path of createInterface({ input: process.stdin })) {
    const answer = { message: path, found: [], error: "" };
    try {
        for (const [name, content] of await read(await readFile(path))) {
            const octets = Buffer.from(content ?? "");
            answer.found.push({
                name: name ?? null,
                sha256: createHash("sha256").update(octets).digest("hex"),
                program: octets.length >= 64 && octets.subarray(0, 2).toString("latin1") === "MZ",
            });
        }
    } catch (error) {
        answer.error = String(error);
    }
    process.stdout.write(JSON.stringify(answer) + "\n");
}
