"""Emoji with the words and emoticons they stand for."""

from __future__ import annotations

NAMED = """
😀 smile happy|:-) :) =)
😃 grin|:-D :D =D
😂 laugh lol|:'-) :')
😉 wink|;-) ;)
😊 blush
😍 adore
😘 kiss|:-* :*
😛 tongue|:-P :P =P
😎 cool|8-) B-)
😐 neutral|:-| :|
😕 confused|:-/ :/
😮 surprised|:-O :O
😢 sad cry|:-( :( =(
😭 sob|:'-( :'(
😡 angry mad|>:-( >:(
😱 scream
😴 sleep tired
🤔 think wonder
🤒 sick ill
🤖 robot
💀 skull
👻 ghost
👽 alien
💩 poop
🔥 fire hot
⭐ star
✨ sparkle
🎉 party celebrate
🎂 birthday
🎁 gift present
❤ love heart|<3
💔 heartbreak|</3
👍 yes good
👎 no bad
👏 applause clap
👋 wave bye hello
🙏 please pray
💪 strong muscle
👀 look eyes
🧠 brain
👂 ear hear
👃 nose
👄 mouth
👶 baby
👦 boy
👧 girl
👨 man
👩 woman
👪 family
👑 king crown
👮 police
🐶 dog
🐱 cat
🐭 mouse
🐰 rabbit
🦊 fox
🐻 bear
🐼 panda
🐯 tiger
🦁 lion
🐮 cow
🐷 pig
🐸 frog
🐵 monkey
🐔 chicken
🐧 penguin
🐦 bird
🦆 duck
🦉 owl
🐴 horse
🐝 bee
🐛 bug
🦋 butterfly
🐌 snail
🐢 turtle
🐍 snake
🐙 octopus
🐟 fish
🐬 dolphin
🐳 whale
🐘 elephant
🐑 sheep
🌵 cactus
🌲 tree
🌹 rose
🌻 sunflower
🌸 flower
🍎 apple
🍌 banana
🍇 grapes
🍓 strawberry
🍒 cherry
🍑 peach
🍋 lemon
🍉 watermelon
🍅 tomato
🌽 corn
🥕 carrot
🍞 bread
🧀 cheese
🥚 egg
🍔 burger
🍟 fries
🍕 pizza
🍰 cake
🍪 cookie
🍫 chocolate
🍯 honey
🥛 milk
☕ coffee
🍵 tea
🍺 beer
🍷 wine
🌍 world earth
🌙 moon night
☀ sun sunny
☁ cloud
🌧 rain rainy
❄ snow winter
🌈 rainbow
🌊 water sea
⚡ lightning electricity
🏔 mountain
🏝 island
🏠 house home
🏢 office
🏥 hospital
🏦 bank
🏫 school
🏰 castle
🚗 car
🚕 taxi
🚌 bus
🚓 patrol
🚑 ambulance
🚚 truck
🚲 bike bicycle
🚂 train
🚀 rocket
🚢 ship
✈ plane flight
⛽ fuel
🚦 traffic
⚽ football soccer
🏀 basketball
🎾 tennis
🏆 win trophy
🎮 game
🎲 dice
🎨 art paint
🎬 movie film
🎵 music song
🎸 guitar
🎹 piano
🎤 sing
📷 camera photo
📺 television
📱 phone
💻 computer laptop
🖨 printer
⌚ watch
⏰ alarm
📅 calendar date
📖 book read
📰 news newspaper
✏ pencil write
📝 note memo
✂ scissors
📌 pin
📧 email
📦 package box
🔑 key
🔒 lock
🔨 hammer
🔧 wrench
💡 idea light
💰 money
💵 dollar
💎 diamond
💊 pill medicine
💉 syringe vaccine
🎓 graduate
👓 glasses
👕 shirt
👗 dress
👟 shoe
👜 bag
☂ umbrella
🎩 hat
💍 ring
🛏 bed
🚪 door
🚿 shower
🛒 shopping
🎈 balloon
🗺 map
⚠ warning
✅ done correct
❌ wrong
❓ question
❗ important
♻ recycle
🏁 finish
"""
"""A line each: the emoji, its words (the first is its name), and after a bar its emoticons (the first is its own)."""

FREQUENT = "😂❤🤣👍😭🙏😘🥰😍😊🎉😁💕🥺😅🔥🤦🙄😆🤗😉🎂🤔👏🙂😳🥳😎👌💜😔💪✨💖👀😋😏😢👉"
"""Emoji to insert: ones used often, in no order that matters."""
