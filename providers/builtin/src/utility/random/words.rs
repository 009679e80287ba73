//! The words that names are made of.

pub(super) const ADVERBS: &str =
    "always barely boldly bravely brightly calmly certainly cheerfully clearly deeply eagerly early easily evenly
    fairly firmly freely gently gladly happily highly honestly kindly largely lightly likely loudly mostly nearly neatly
    newly nicely often openly partly plainly politely proudly quickly quietly rarely really safely seldom sharply simply
    slowly smoothly softly soon strongly surely swiftly truly usually warmly widely wisely";

pub(super) const ADJECTIVES: &str =
    "agile amber ancient autumn azure bold brave brief bright brisk busy calm careful cheerful clever cold cosy crimson
    curious daring dusty eager early electric elegant fair famous fast fearless fine fluffy frosty gentle glad golden
    graceful grand green happy hardy hidden honest humble icy indigo ivory jolly keen kind large late lively lone loud
    loyal lucky lunar mellow merry mighty misty modest morning neat nimble noble northern odd olive orange patient
    peaceful playful polite proud purple quick quiet rapid rare ready restless rosy round royal rustic scarlet shiny
    shy silent silver sleepy slow small smart snowy soft solar southern spring steady stormy sturdy sunny swift tall
    tame tidy tiny upbeat velvet vivid wandering warm wild windy winter wise witty young";

pub(super) const ANIMALS: &str = "albatross alpaca antelope armadillo axolotl badger bat beaver bee bison blackbird boar buffalo butterfly buzzard camel
    capybara caribou cat chamois cheetah chinchilla cicada cockatoo condor cormorant cougar coyote crab crane cricket
    cuckoo curlew deer dingo dolphin donkey dormouse dove dragonfly duck eagle echidna eel egret eland elephant emu ermine
    falcon ferret finch flamingo fox frog gazelle gecko gibbon giraffe gnu goat goose gorilla grouse guanaco gull hamster
    hare hawk hedgehog heron hippo hoopoe hornbill horse ibex ibis iguana impala jackal jackdaw jaguar jay kangaroo
    kestrel kingfisher kite kiwi koala kudu ladybird lark lemming lemur leopard lion lizard llama lobster loris lynx
    macaque magpie manatee marmot marten meerkat mole mongoose moose moth mouse narwhal newt nightingale ocelot octopus
    okapi opossum orca oriole oryx osprey ostrich otter owl oyster panda pangolin panther parrot partridge peacock
    pelican penguin pheasant pigeon platypus plover polecat pony porcupine porpoise puffin puma quail quokka rabbit
    raccoon raven reindeer robin rook salamander salmon sandpiper seahorse seal shark sheep shrew skylark sloth snail
    sparrow squirrel starling stoat stork swallow swan swift tapir tern thrush tiger toad tortoise toucan trout turtle
    viper vole vulture wallaby walrus warbler weasel whale wolf wolverine wombat woodpecker wren yak zebra";
