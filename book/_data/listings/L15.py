# document 002, section 5.2
epochs = 10

for epoch in range(epochs):
    train(epoch)
    test()
