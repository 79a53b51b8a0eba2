# Email::MIME: paths on standard input, one line of JSON for each message on standard output.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use Email::MIME;
use JSON::PP;

$| = 1;
$SIG{__WARN__} = sub { };
my $json = JSON::PP->new->ascii;

while (my $path = <STDIN>) {
    chomp $path;
    my @found;
    eval {
        open my $file, '<:raw', $path or die;
        local $/;
        my $message = Email::MIME->new(<$file>);
        $message->walk_parts(sub {
            my ($part) = @_;
            return if $part->subparts;
            my $octets = $part->body;
            push @found, {
                name => $part->filename, sha256 => sha256_hex($octets),
                program => $octets =~ /^MZ.{62}/s ? JSON::PP::true : JSON::PP::false,
            };
        });
    };
    print $json->encode({ message => $path, found => \@found, error => $@ }), "\n";
}
