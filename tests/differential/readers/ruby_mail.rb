# Ruby's mail: paths on standard input, one line of JSON for each message on standard output.
require "digest"
require "json"
require "mail"

$stdout.sync = true
$stdin.each_line(chomp: true) do |path|
  answer = { message: path, found: [], error: "" }
  begin
    message = Mail.read_from_string(File.binread(path))
    leaves = message.all_parts.empty? ? [message] : message.all_parts.reject(&:multipart?)
    leaves.each do |part|
      octets = part.body.decoded.b
      name = part.filename.to_s.dup.force_encoding("UTF-8").scrub
      answer[:found] << { name: name, sha256: Digest::SHA256.hexdigest(octets), program: octets.bytesize >= 64 && octets.start_with?("MZ".b) }
    end
  rescue StandardError => e
    answer[:error] = e.class.name
  end
  puts JSON.generate(answer)
end
